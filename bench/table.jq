# bench.json as a table for people.

def left($n): tostring | . + (" " * ($n - length) // "");
def right($n): tostring | (" " * ($n - length) // "") + .;
def fixed($d): if . == null then "-" else
    (. < 0) as $negative | (fabs * pow(10; $d) + 0.5 | floor | tostring) as $digits
    | (("0" * ($d + 1 - ($digits | length)) // "") + $digits) as $all
    | (if $negative then "-" else "" end) + $all[:($all | length) - $d] + (if $d > 0 then "." + $all[-$d:] else "" end) end;
def grouped: tostring | [while(length > 0; .[:-3]) | .[-3:]] | reverse | join(",");
def titled: {"marram run": "marram run, all of it",
             "duckdb distinct": "DuckDB's summary, count(DISTINCT date)",
             "duckdb two-level": "DuckDB's summary, two-level GROUP BY",
             "duckdb list": "DuckDB's summary, list_distinct",
             "duckdb lines": "DuckDB, count(*): does not merge same-day orders",
             "cat": "cat, the floor", "simulate": "marram simulate", "cp": "cp of what it wrote"}[.] // .;
def order: {"marram run": 0, "duckdb distinct": 1, "duckdb two-level": 2, "duckdb list": 3, "duckdb lines": 4, "cat": 5,
            "simulate": 6, "cp": 7}[.] // 9;
def id_order: {"integer": 0, "code": 1, "uuid": 2}[.];
def mark: if .value == null then "not measured" elif .bar == null then "no bar at this size" elif .pass then "ok" else "MISSED" end;

"\(.marram) beside DuckDB \(.duckdb // "(not run)") on \(.machine.cores) x \(.machine.cpu), \(.machine.memory_gb) GB",
"",
("orders" | right(11)) + "  " + ("ids" | left(8)) + ("what" | left(50)) + ("seconds" | right(9)) + ("median" | right(9)) + ("CPU" | right(8)) + ("peak MB" | right(9)),
(.sides | sort_by(.rows, (.ids | id_order), (.side | order))[]
 | (.rows | grouped | right(11)) + "  " + (.ids | left(8)) + (.side | titled | left(50)) + (.seconds | fixed(3) | right(9))
   + (.median | fixed(3) | right(9)) + (.cpu | fixed(2) | right(8)) + (.peak_mb | fixed(0) | right(9))),
"",
"seconds: the least of the repeats; DuckDB's without starting its process, marram's with everything.",
"",
"stages of marram run, in seconds",
([.sides[] | select(.side == "marram run" and ((.stages // {}) | length) > 0)]
 | if length == 0 then "  (summary.json has no timing)" else sort_by(.rows, (.ids | id_order))[]
   | (.rows | grouped | right(11)) + "  " + (.ids | left(8))
     + ([.stages | to_entries[] | select(.value | type == "number") | "\(.key) \(.value | fixed(3))"] | join(", ")) end),
"",
(.sizes[] | (.rows | grouped | right(11)) + "  marram run is \(.to_duckdb | fixed(2)) of DuckDB's fastest correct summary, \(.to_cat | fixed(1)) of cat; the two "
 + (if .agree == null then "were not compared" elif .agree then "agree on customers and repeat orders"
    else "DISAGREE: marram \(.counted | tojson), DuckDB \(.duckdb_counted | tojson)" end)),
"",
("bar" | left(58)) + ("measured" | right(10)) + ("at most" | right(10)),
(.bars[] | (.what | left(58)) + (.value | fixed(2) | right(10)) + (.bar // "-" | right(10)) + "  " + mark),
"",
"seconds to fit each model from scratch (every start, k searched, standard errors)",
(if (.fit | length) == 0 then "  (not run)" else
   (("model" | left(16)) + ("customers" | right(11)) + ("seconds" | right(9)) + ("evaluations" | right(13)) + ("k" | right(4)) + "  outcome"),
   (.fit[] | (.model | left(16)) + (.customers | grouped | right(11)) + (.seconds | fixed(2) | right(9))
    + (.evaluations | right(13)) + (.k | right(4)) + "  " + (if .status == "ok" then "" else .status end)) end),
(if (.failed | length) > 0 then "", "COULD NOT BE RUN:", (.failed[] | "  " + .) else empty end)
