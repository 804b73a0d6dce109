#include "postgres.h"
mr_status postgres_backup(const char *url, const char *path, const mr_context *context, mr_error *err) { (void)url,(void)path,(void)context; return error_set(err, MR_EIO, NULL, -1, "not yet"); }
mr_status postgres_restore(const char *url, const char *path, const mr_context *context, mr_error *err) { (void)url,(void)path,(void)context; return error_set(err, MR_EIO, NULL, -1, "not yet"); }
