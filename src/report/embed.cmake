# Turns a text into a C array of its lines: cmake -DFROM=style.css -DTO=style.c -DNAME=page_style -P embed.cmake
# The style sheet stays a file that an editor knows how to colour and check.
file(READ ${FROM} text)
string(REGEX REPLACE "/\\*[^*]*\\*+([^/*][^*]*\\*+)*/" "" text "${text}") # comments
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REGEX REPLACE "\n[ \n]*" "\",\n\"" text "${text}")
file(WRITE ${TO} "/* Made by src/report/embed.cmake from style.css. */\n#include \"page.h\"\n\nconst char *const ${NAME}[] = {\n\"${text}\", NULL};\n")
