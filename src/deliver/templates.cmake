# Makes the C table of the templates that come with Marram: cmake -DROOT=templates -DNAMES=follow_up/first-week.en;... -DTO=template_builtins.c -P templates.cmake
# Each stays a file that can be read, copied and changed; a folder templates/ beside marram.yaml goes before them.
set(out "/* Made by src/deliver/templates.cmake from templates/. */\n#include \"template_library.h\"\n\nconst template_builtin template_builtins[] = {\n")
foreach(name IN LISTS NAMES)
    file(READ ${ROOT}/${name}.md text)
    file(SIZE ${ROOT}/${name}.md size)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "\n" "\\n\"\n\"" text "${text}")
    string(APPEND out "{\"${name}\", \"${text}\", ${size}},\n")
endforeach()
string(APPEND out "{NULL, NULL, 0}};\n")
file(WRITE ${TO} "${out}")
