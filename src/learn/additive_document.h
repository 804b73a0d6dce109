/* A trained model as one JSON document, versioned. docs/learning.md lists the fields. The same model writes the same bytes, and what is read back
 * scores every row to the same bit. */
#ifndef LEARN_ADDITIVE_DOCUMENT_H
#define LEARN_ADDITIVE_DOCUMENT_H

#include "trained.h"

#define ADDITIVE_DOCUMENT_VERSION 1

/* *text is freed by additive_document_free. */
mr_status additive_document_write(const trained *t, char **text, mr_error *err);
void additive_document_free(char *text);
/* *out is freed by trained_free, whatever the status. MR_EDATA: no such document, of a newer version, damaged (which field). */
mr_status additive_document_read(const char *text, size_t len, trained *out, mr_error *err);

/* A document's text to a file, renamed into place once it is whole; and from it (freed by mem_free, whatever the status). MR_EIO. */
mr_status additive_document_put(const char *text, const char *path, mr_error *err);
mr_status additive_document_get(const char *path, char **text, size_t *len, mr_error *err);
/* Both ways in one. */
mr_status additive_document_save(const trained *t, const char *path, mr_error *err);
mr_status additive_document_load(const char *path, trained *out, mr_error *err);

#endif
