/* The additive boosted model: contract first, to be filled in. */
#include <marram/additive.h>
#include <marram/logistic.h>

#include "error.h"

static mr_status later(mr_error *err) { return error_set(err, MR_EINVAL, NULL, -1, "not built yet"); }
mr_status mr_additive_fit(const mr_frame *f, const mr_outcomes *o, const mr_additive_options *p, const mr_context *c, mr_additive **out, mr_error *err) {
    (void)f, (void)o, (void)p, (void)c, (void)out;
    return later(err);
}
void mr_additive_free(mr_additive *m) { (void)m; }
size_t mr_additive_features(const mr_additive *m) { (void)m; return 0; }
size_t mr_additive_terms(const mr_additive *m) { (void)m; return 0; }
mr_status mr_additive_score(const mr_additive *m, const mr_frame *f, const mr_context *c, double *s, mr_error *err) {
    (void)m, (void)f, (void)c, (void)s;
    return later(err);
}
mr_status mr_additive_probability(const mr_additive *m, const mr_frame *f, const mr_context *c, double *s, mr_error *err) {
    return mr_additive_score(m, f, c, s, err);
}
mr_status mr_additive_contributions(const mr_additive *m, const mr_frame *f, const mr_context *c, double *s, mr_error *err) {
    return mr_additive_score(m, f, c, s, err);
}
void mr_additive_take_apart(const mr_additive *m, mr_additive_parts *out) { (void)m; *out = (mr_additive_parts){0}; }
mr_status mr_additive_put_together(const mr_additive_parts *p, const mr_context *c, mr_additive **out, mr_error *err) {
    (void)p, (void)c, (void)out;
    return later(err);
}
void mr_additive_course_of(const mr_additive *m, mr_additive_course *out) { (void)m; *out = (mr_additive_course){0}; }
mr_status mr_logistic_estimate(size_t n, const double *const *x, size_t p, const unsigned char *happened, const double *weight, double ridge,
                               const mr_context *context, mr_logistic_fit *fit, mr_error *err) {
    (void)n, (void)x, (void)p, (void)happened, (void)weight, (void)ridge, (void)context, (void)fit;
    return later(err);
}
mr_status mr_logistic_score(size_t n, const double *const *x, size_t p, const double *coefficient, const mr_context *context, double *score,
                            mr_error *err) {
    (void)n, (void)x, (void)p, (void)coefficient, (void)context, (void)score;
    return later(err);
}
