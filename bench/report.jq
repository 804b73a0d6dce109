# From single runs (raw.jsonl) to bench.json: minimum and median of each side, ratios, and the bars beside them.

def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
# A DuckDB side is timed by its one statement, without starting the process or the library.
def seconds: .said.seconds? // .wall;
def ratio($a; $b): if $a and $b and $b > 0 then $a / $b else null end;

($raw | map(select(.side != "marram counted"))) as $runs
| ($runs | group_by([.rows, .ids, .side]) | map({
      rows: .[0].rows, ids: .[0].ids, side: .[0].side, repeats: length,
      seconds: (map(seconds) | min), median: (map(seconds) | median),
      cpu: (map(.cpu) | min), peak_mb: (map(.peak_mb) | max),
      stages: (min_by(.wall) | .timing)})) as $sides
| def side($rows; $ids; $name): $sides[] | select(.rows == $rows and .ids == $ids and .side == $name) | .seconds;
  def one($rows; $ids; $name): [side($rows; $ids; $name)] | first // null;
  # The peer: the fastest of the formulations that merge same-day orders.
  def peer($rows): [one($rows; "integer"; "duckdb distinct"), one($rows; "integer"; "duckdb two-level"),
                    one($rows; "integer"; "duckdb list")] | map(select(. != null)) | min;
  def strings($rows; $ids): ratio(one($rows; $ids; "marram run"); one($rows; "integer"; "marram run"));
  def bar($what; $value; $most): {what: $what, value: $value, bar: $most,
                                  pass: (if $value == null or $most == null then null else $value <= $most end)};
  ([$runs[].rows] | unique) as $sizes
| ($sizes | map(. as $rows | {
      rows: $rows,
      counted: ([$raw[] | select(.rows == $rows and .side == "marram counted") | {customers, repeats}] | first // null),
      duckdb_counted: ([$runs[] | select(.rows == $rows and (.side | test("^duckdb (distinct|two-level|list)$")))
                        | .said | {customers, repeats}] | unique),
      to_duckdb: ratio(one($rows; "integer"; "marram run"); peer($rows)),
      to_each: ({"duckdb distinct": null, "duckdb two-level": null, "duckdb list": null}
                | with_entries(.key as $side | .value = ratio(one($rows; "integer"; "marram run"); one($rows; "integer"; $side)))),
      to_cat: ratio(one($rows; "integer"; "marram run"); one($rows; "integer"; "cat")),
      codes_to_integers: strings($rows; "code"),
      uuids_to_integers: strings($rows; "uuid")})
  | map(. + {agree: (if .counted == null or (.duckdb_counted | length) == 0 then null
                     else .duckdb_counted == [.counted] end)})) as $by_size
| ($sizes | max) as $largest
| {
    machine: {cpu: $cpu, cores: $cores, memory_gb: $memory},
    marram: $version,
    duckdb: ([$runs[].said | objects | .version | values] | first // null),
    sides: $sides,
    sizes: $by_size,
    bars: ([
        # The plain ways to write it, and the fastest found, which a user would hardly write.
        ({"duckdb distinct": "count(DISTINCT date)", "duckdb two-level": "two-level GROUP BY", "duckdb list": "list_distinct"}
         | to_entries[] | . as $form
         | bar("20 million orders: marram run / DuckDB, \($form.value)";
               [$by_size[] | select(.rows == 20000000) | .to_each[$form.key]] | first; 0.6)),
        bar("marram run's peak memory in MB, 20 million orders";
            [$sides[] | select(.rows == 20000000 and .ids == "integer" and .side == "marram run") | .peak_mb] | first; 1200),
        bar("growth of the time from 5 to 20 million orders";
            ratio(one(20000000; "integer"; "marram run"); one(5000000; "integer"; "marram run")); 4.4)]
      + [$by_size[] | select(.codes_to_integers) | bar("codes / integers, \(.rows / 1e6) million orders"; .codes_to_integers; 1.6)]
      + [$by_size[] | select(.uuids_to_integers) | bar("UUIDs / integers, \(.rows / 1e6) million orders"; .uuids_to_integers; 1.6)]
      + [bar("simulate / cp, \($largest / 1e6) million orders";
             ratio(one($largest; "integer"; "simulate"); one($largest; "integer"; "cp"));
             # Starting up and calibrating weigh on small files; the bar is for the large one.
             (if $largest >= 20000000 then 10 else null end))]),
    fit: $fits,
    failed: ($failed | split("\n") | map(select(. != "")))
  }
