/* Shopify and WooCommerce order exports.
 *
 * Shopify writes a line per item; the order's own fields (Total, Financial Status) stand on its first line
 * only. WooCommerce exports come from plugins with spellings of their own; where they write a line per item,
 * the order's fields are repeated or left blank. In both, a line that carries the identifier of the line
 * before belongs to the same order and is not counted again.
 *
 * What counts as an order: everything the customer meant to buy and that was not called off. Cancelled,
 * voided, expired, failed, never paid (pending) and trashed orders are left out and counted as cancelled.
 * Authorized, on-hold, processing, completed, partly paid and refunded ones are orders: a refund does not
 * undo that the customer came. A refunded amount is counted as a return. */
#include "presets.h"

#include "headings.h"

#include <string.h>

struct ingest_preset {
    const char *name;
    /* Accepted headings, best first, as headings_normalise leaves them; separated by blanks. */
    const char *customer, *date, *amount, *email, *customer_name, *phone;
    const char *order, *status, *cancelled, *refunded, *line_item, *first_name, *last_name;
    const char *dead; /* statuses that are no order */
};

static const ingest_preset presets[] = {
    {
        .name = "shopify",
        .customer = "email",
        .date = "created_at paid_at",
        .amount = "total",
        .email = "email",
        .customer_name = "billing_name shipping_name",
        .phone = "phone billing_phone shipping_phone",
        .order = "name id order_id",
        .status = "financial_status",
        .cancelled = "cancelled_at canceled_at",
        .refunded = "refunded_amount",
        .line_item = "lineitem_name lineitem_quantity",
        .dead = " voided expired pending ",
    },
    {
        .name = "woocommerce",
        .customer = "customer_email billing_email_address billing_email email_billing email "
                    "customer_user_email customer_id "
                    "customer_user_id customer_user user_id",
        .date = "order_date date_created created_date date_created_gmt order_created_date date post_date "
                "paid_date date_paid "
                "completed_date",
        .amount = "order_total_amount order_total total order_amount cart_total total_amount "
                  "order_total_amount_without_tax "
                  "order_net_total net_total net_sales",
        .email = "customer_email billing_email_address billing_email email_billing email",
        .customer_name =
            "full_name_billing billing_full_name customer_name billing_name full_name customer name",
        .phone = "phone_billing billing_phone phone customer_phone billing_phone_number",
        .order = "order_id order_number id order_no",
        .status = "order_status status post_status",
        .refunded = "order_refund_amount refund_amount refunded_amount order_total_refunded total_refunded "
                    "refund_total",
        .line_item = "item_name product_name line_items item",
        .first_name = "first_name_billing billing_first_name first_name customer_first_name",
        .last_name = "last_name_billing billing_last_name last_name customer_last_name",
        .dead = " cancelled canceled failed pending pending_payment trash draft auto_draft checkout_draft "
                "expired ",
    },
};

const ingest_preset *preset_find(const char *name) {
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (!strcmp(presets[i].name, name)) return &presets[i];
    return NULL;
}

const char *preset_names(void) {
    return "shopify, woocommerce";
}

static int column(const ingest_plan *plan, const char *wanted) {
    char normal[64];
    while (wanted && *wanted) {
        size_t len = strcspn(wanted, " ");
        for (size_t i = 0; i < plan->columns; i++) {
            headings_normalise(plan->heading[i], normal);
            if (strlen(normal) == len && !memcmp(normal, wanted, len)) return (int)i;
        }
        wanted += len;
        wanted += *wanted == ' ';
    }
    return -1;
}

bool preset_columns(const ingest_preset *p, ingest_plan *plan, const char **missing) {
    plan->preset = p;
    plan->customer = column(plan, p->customer);
    plan->date = column(plan, p->date);
    plan->amount = column(plan, p->amount);
    plan->contact[CONTACT_NAME] = column(plan, p->customer_name);
    plan->contact[CONTACT_EMAIL] = column(plan, p->email);
    plan->contact[CONTACT_PHONE] = column(plan, p->phone);
    plan->at = (ingest_preset_columns){
        .order = column(plan, p->order),
        .status = column(plan, p->status),
        .cancelled = column(plan, p->cancelled),
        .refunded = column(plan, p->refunded),
        .line_item = column(plan, p->line_item),
        .first_name = plan->contact[CONTACT_NAME] >= 0 ? -1 : column(plan, p->first_name),
        .last_name = plan->contact[CONTACT_NAME] >= 0 ? -1 : column(plan, p->last_name),
    };
    *missing = plan->customer < 0 ? "e-mail" : plan->date < 0 ? "date" : plan->amount < 0 ? "total" : NULL;
    return !*missing;
}

static split_field at(const split_fields *f, int column_index) {
    return column_index >= 0 && (size_t)column_index < f->n ? f->field[column_index] : (split_field){"", 0};
}

preset_line preset_classify(const ingest_plan *plan, const split_fields *f, char previous[64]) {
    const ingest_preset *p = plan->preset;
    split_field order = at(f, plan->at.order), status = at(f, plan->at.status);
    char key[64] = "", normal[66] = " ";
    memcpy(key, order.at, order.len < 63 ? order.len : 63);
    if (order.len && !strcmp(key, previous)) return PRESET_CONTINUED;
    /* without an identifier of its own, a line with an item and no total continues the order above */
    if (!order.len && !at(f, plan->amount).len && at(f, plan->at.line_item).len) return PRESET_CONTINUED;
    memcpy(previous, key, sizeof key);
    char shortened[48] = "";
    memcpy(shortened, status.at, status.len < 47 ? status.len : 47);
    headings_normalise(shortened, normal + 1);
    const char *word = !strncmp(normal, " wc_", 4) ? normal + 3 : normal; /* "wc-completed" */
    char wanted[72];
    size_t len = strlen(word + 1);
    wanted[0] = ' ';
    memcpy(wanted + 1, word + 1, len);
    memcpy(wanted + 1 + len, " ", 2);
    if (len && strstr(p->dead, wanted)) return PRESET_CANCELLED;
    return at(f, plan->at.cancelled).len ? PRESET_CANCELLED : PRESET_ORDER;
}
