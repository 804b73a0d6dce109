/* A model of leaving learnt from a ledger's histories, and what goes with it: what leaving was taken to be, the buying model beside it. One JSON document, kept
 * in the ledger's table model under the name 'leaving', or in a file. docs/methods/leaving.md. */
#ifndef LEARN_LEAVING_MODEL_H
#define LEARN_LEAVING_MODEL_H

#include "landmarks.h"
#include "recalibrate.h"
#include "trained.h"

#include <jansson.h>
#include <marram/model.h>

#define LEAVING_DOCUMENT_VERSION 1

typedef struct leaving_model {
    risk_mode mode;
    int32_t horizon_days, sour_days, as_of; /* as_of: the last day that was known */
    char currency[4];
    double rate;          /* of the landmarks learnt from: how many left */
    bool has_buying;      /* what it says is the last feature, buying_chance */
    mr_params buying;
    recalibration drawn;  /* to what came true; done is false where the history was too short to measure it */
    trained model;        /* holdout: by an earlier model, itself drawn to what came true before */
} leaving_model;

/* Learns from every landmark whose outcome is known on m->last_day. How good such a model is, is judged on the latest landmarks (leaving_later) by one that was
 * learnt and drawn to what came true before them; how that one's scores went with what followed draws the model that is kept. Where the history is too
 * short for that, the latest fifth is held out as far as there is one, and the model stays as it was fitted. What leaving_fit returns. *out is freed by
 * leaving_model_free, whatever the status. */
mr_status leaving_model_train(const landmarks *m, int32_t sour_days, uint64_t seed, const mr_context *context, leaving_model *out, mr_error *err);
void leaving_model_free(leaving_model *model);

/* *text is freed by leaving_model_text_free. */
mr_status leaving_model_write(const leaving_model *model, char **text, mr_error *err);
void leaving_model_text_free(char *text);
/* MR_EDATA: no such document, of a newer version, or damaged (which field). */
mr_status leaving_model_read(const char *text, size_t len, leaving_model *out, mr_error *err);

/* Scores of rows which[n]: score[n] log-odds; contribution[n * trained_terms(&model->model)] or NULL. m: landmarks of the same mode and horizon. MR_EDATA where not. */
mr_status leaving_model_score(const leaving_model *model, const landmarks *m, const size_t *which, size_t n, const mr_context *context, double *score,
                              double *contribution, mr_error *err);
/* It says the rate of everybody: nothing that it knew of foretold who left. */
bool leaving_model_blind(const leaving_model *model);
/* How it was drawn, as in the document; null where it was not. A new reference. */
json_t *leaving_model_drawn_json(const leaving_model *model);
/* The value of feature `name` (of the model) in a row: as text. */
void leaving_model_value(const leaving_model *model, const landmarks *m, size_t at, const char *name, char out[64]);

#endif
