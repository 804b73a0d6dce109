/* libFuzzer over the table reader. */
#include "table_source.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    ingest_source *source = NULL;
    ingest_table t;
    mr_error err = {0};
    if (source_open_memory((const char *)bytes, size, 64, 1 << 16, NULL, &source, &err)) return 0;
    mr_status status = ingest_table_from(source, &t, &err);
    source_close(source);
    if (status) {
        if (!err.message[0]) abort();
        return 0;
    }
    size_t len = 0;
    for (size_t i = 0; i < t.rows * t.columns; i++) len += strlen(t.cell[i]);
    double *numbers = malloc((t.rows + 1) * sizeof *numbers);
    for (size_t i = 0; numbers && i < t.columns; i++)
        (void)ingest_table_numbers(&t, t.heading[i], numbers, &err);
    free(numbers);
    ingest_table_free(&t);
    return len > size;
}
