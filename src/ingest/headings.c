/* Heading words, in English, German, French, Spanish and Dutch. Whole headings first, surest first; then
 * single words of a longer heading, less sure; the contents of a column have the last word (sniff.c). */
#include "headings.h"

#include <string.h>

/* The Latin letters with accents that headings carry, as UTF-8 behind 0xC3. */
static char plain_letter(unsigned char c) {
    static const char map[] = "aaaaaaaceeeeiiiidnooooo\0ouuuuytsaaaaaaaceeeeiiiidnooooo\0ouuuuyty";
    return c >= 0x80 && c <= 0xBF ? map[c - 0x80] : 0;
}

void headings_normalise(const char *heading, char out[64]) {
    size_t n = 0;
    bool gap = false;
    for (const unsigned char *p = (const unsigned char *)heading; *p && n < 62; p++) {
        char c = 0;
        if ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')) {
            c = (char)*p;
        } else if (*p >= 'A' && *p <= 'Z') {
            bool camel = p > (const unsigned char *)heading && p[-1] >= 'a' && p[-1] <= 'z';
            gap = gap || camel; /* "OrderDate" */
            c = (char)(*p + 32);
        } else if (*p == 0xC3 && p[1]) {
            c = plain_letter(*++p);
        }
        if (!c) {
            gap = true;
            continue;
        }
        if (gap && n) out[n++] = '_';
        gap = false;
        out[n++] = c;
    }
    out[n] = 0;
}

typedef struct words {
    ingest_role role;
    const char *list; /* separated by blanks, surest first */
} words;

static const words whole[] = {
    {ROLE_CUSTOMER,
     "customer_id customerid customer_number customer_no customer_nr customer_key customer_code "
     "customer_unique_id customer cust_id "
     "custid cust client_id clientid client_number client user_id userid user account_id account_number "
     "account member_id memberid member "
     "buyer_id buyer shopper_id shopper donor_id donor subscriber_id patient_id guest_id household_id "
     "household card_id card_number "
     "kundennummer kunden_nummer kundennr kunden_nr kd_nr kdnr kunden_id kundenid kunde kundin "
     "numero_client num_client n_client id_client code_client identifiant_client "
     "cliente_id id_cliente numero_cliente codigo_cliente cliente "
     "klantnummer klant_nummer klantnr klant_nr klant_id klantid klant"},
    {ROLE_DATE,
     "order_date orderdate date_order date purchase_date purchasedate transaction_date transactiondate "
     "invoice_date invoicedate "
     "order_purchase_timestamp purchase_timestamp order_timestamp ordered_at ordered_on purchased_at "
     "order_created_at created_at created "
     "date_created order_datetime order_time datetime date_time timestamp paid_at payment_date sale_date "
     "sales_date event_date day time "
     "datum bestelldatum bestell_datum auftragsdatum rechnungsdatum kaufdatum buchungsdatum belegdatum tag "
     "date_commande date_de_commande date_achat date_d_achat date_facture jour "
     "fecha fecha_pedido fecha_de_pedido fecha_compra fecha_de_compra fecha_factura dia "
     "besteldatum orderdatum aankoopdatum factuurdatum dag"},
    {ROLE_AMOUNT, "amount order_amount total_amount amount_paid order_total ordertotal order_value "
                  "grand_total grandtotal total total_price total_paid "
                  "total_sales revenue sales net_sales sale_amount dollar_value dollars value purchase_value "
                  "purchase_amount transaction_amount "
                  "payment_value payment_amount invoice_amount invoice_total monetary_value spend spent paid "
                  "price turnover subtotal sum net gross "
                  "donation_amount donation "
                  "betrag gesamtbetrag rechnungsbetrag bestellwert umsatz summe gesamtsumme gesamt "
                  "gesamtpreis preis brutto netto wert "
                  "montant montant_total montant_ttc total_ttc chiffre_d_affaires prix prix_total ca somme "
                  "importe importe_total monto precio precio_total valor ingresos "
                  "bedrag totaalbedrag orderbedrag totaal omzet prijs"},
    {ROLE_QUANTITY, "quantity qty number_of_cds number_of_items item_count items units count "
                    "quantity_ordered lineitem_quantity menge anzahl "
                    "stueck stuck quantite qte cantidad unidades aantal"},
    {ROLE_PRODUCT,
     "product product_id product_name sku item item_id item_name article article_id stock_code stockcode "
     "description lineitem_name "
     "category artikel artikelnummer artikelnr produkt produit article_code producto articulo artikelcode"},
    {ROLE_NAME, "customer_name name full_name fullname client_name billing_name contact_name kundenname nom "
                "nom_client nombre nombre_cliente "
                "klantnaam naam"},
    {ROLE_EMAIL, "email e_mail email_address e_mail_address mail customer_email billing_email e_mail_adresse "
                 "email_adresse mailadresse "
                 "courriel adresse_mail adresse_email correo correo_electronico emailadres e_mailadres"},
    {ROLE_PHONE, "phone phone_number telephone tel mobile mobile_phone cell customer_phone billing_phone "
                 "telefon telefonnummer handy mobil "
                 "telephone_portable telefono movil telefoonnummer telefoon mobiel"},
};

/* One of these among the words of a longer heading. */
static const words parts[] = {
    {ROLE_EMAIL, "email mail courriel correo"},
    {ROLE_PHONE, "phone telephone telefon telefono telefoon mobile"},
    {ROLE_DATE, "date datum fecha timestamp datetime"},
    {ROLE_CUSTOMER, "customer cust client kunde kunden klant cliente user"},
    {ROLE_AMOUNT, "amount total revenue betrag umsatz montant importe bedrag price"},
};

/* Words that say a heading is about something else, whatever else it says. */
static const char *const not_this =
    " discount tax shipping rate type status segment since birth birthday dob city country state zip group "
    "age "
    "unit cost count first last gender currency method mode ship due delivery updated modified cancelled "
    "tier level score region ";

static int place(const char *list, const char *word, size_t len) {
    int at = 0;
    for (const char *p = list; *p; at++) {
        size_t n = strcspn(p, " ");
        if (n == len && !memcmp(p, word, len)) return at;
        p += n;
        p += *p == ' ';
    }
    return -1;
}

static bool about_something_else(const char *normal) {
    for (const char *p = normal; *p;) {
        size_t n = strcspn(p, "_");
        if (place(not_this + 1, p, n) >= 0) return true;
        p += n;
        p += *p == '_';
    }
    return false;
}

ingest_role headings_role(const char *heading, int *rank) {
    char normal[64];
    headings_normalise(heading, normal);
    size_t len = strlen(normal);
    *rank = 0;
    if (!len) return ROLE_IGNORE;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if ((*rank = place(whole[i].list, normal, len)) >= 0) return whole[i].role;
    *rank = 500;
    if (!strcmp(normal, "id")) return ROLE_CUSTOMER;
    if (about_something_else(normal)) return ROLE_IGNORE;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (const char *p = normal; *p;) {
            size_t n = strcspn(p, "_");
            int at = place(parts[i].list, p, n);
            if (at >= 0) {
                *rank = 400 + at;
                return parts[i].role;
            }
            p += n;
            p += *p == '_';
        }
    }
    return ROLE_IGNORE;
}
