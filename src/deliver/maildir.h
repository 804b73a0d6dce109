/* The messages of a Maildir that nobody has dealt with yet. */
#ifndef DELIVER_MAILDIR_H
#define DELIVER_MAILDIR_H

#include <text.h>

typedef struct maildir {
    char *folder;
    char **path; /* "new/NAME" or "cur/NAME:2,FLAGS": those of new/ and those of cur/ without the flag S, by NAME, which begins with the time of arrival */
    size_t n;
} maildir;

/* Lists it. MR_EDATA where the folder is no Maildir (new/ and cur/), MR_EIO, MR_ENOMEM. */
mr_status maildir_open(const char *folder, maildir *out, mr_error *err);
void maildir_free(maildir *m);
/* Message i into *out (emptied first). MR_EDATA: larger than `most` bytes, or no plain file; *gone: somebody else has moved it away meanwhile, and MR_OK. MR_EIO, MR_ENOMEM. */
mr_status maildir_read(const maildir *m, size_t i, size_t most, text_buffer *out, bool *gone, mr_error *err);
/* Message i has been dealt with: into cur/ with the flag S (seen). Nothing that is there is replaced. Moved away meanwhile: MR_OK. */
mr_status maildir_done(const maildir *m, size_t i, mr_error *err);

#endif
