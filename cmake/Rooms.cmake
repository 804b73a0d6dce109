# A room is a folder of src/. marram_room(NAME SOURCES ... MAY_USE lower rooms ... LIBS ...) makes it an object
# library that sees the installed headers, its own folder and the folders of the rooms it may use, and nothing
# else: an include of a higher room does not compile (tests/layering proves it).
function(marram_room name)
    cmake_parse_arguments(R "" "" "SOURCES;MAY_USE;LIBS" ${ARGN})
    add_library(room_${name} OBJECT ${R_SOURCES})
    target_include_directories(room_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src/${name})
    foreach(lower ${R_MAY_USE})
        target_include_directories(room_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src/${lower})
    endforeach()
    foreach(lib ${R_LIBS})
        target_link_libraries(room_${name} PUBLIC ${lib})
    endforeach()
    set_property(GLOBAL APPEND PROPERTY MARRAM_ROOMS ${name})
endfunction()
