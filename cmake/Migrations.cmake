# cmake -D OUT=migrations.c -D "SQL=sql/0001_ledger.sql;..." -P cmake/Migrations.cmake: the migrations as C strings (src/db/schema.h).
set(rows "")
set(version 0)
foreach(path ${SQL})
    get_filename_component(file ${path} NAME)
    math(EXPR version "${version} + 1")
    if(NOT file MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)\\.sql$")
        message(FATAL_ERROR "${file} is not named NNNN_name.sql")
    endif()
    set(name ${CMAKE_MATCH_2})
    math(EXPR number "1${CMAKE_MATCH_1} - 10000")
    if(NOT number EQUAL version)
        message(FATAL_ERROR "${file} should be migration ${version}: numbers have no gaps")
    endif()
    file(READ ${path} text)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
    string(APPEND rows "    {${version}, \"${name}\",\n     \"${text}\"},\n")
endforeach()
file(WRITE ${OUT} "/* Made by cmake/Migrations.cmake from sql/; not to be edited. */
#include \"schema.h\"

const db_migration db_migrations[] = {
${rows}};
const size_t db_migrations_n = ${version};
")
