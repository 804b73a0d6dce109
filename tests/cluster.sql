-- A stand-in for Citus, in one database of a plain PostgreSQL: what Marram asks of Citus and reads of its metadata, and nothing else.
--
-- A distributed table is one partitioned by hash, and its partitions are the shards, on two nodes that are one server under two
-- names. As on Citus a unique key must hold the distribution column, and that cannot be updated. What it does not show: which statements
-- Citus refuses or sends to every shard (tests/layering/sql.sh checks the texts), and what a network costs.
-- Variables: host, port (of this server).
SET allow_system_table_mods = on;
SET client_min_messages = warning;

INSERT INTO pg_catalog.pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
VALUES (9999, 'citus', (SELECT oid FROM pg_roles WHERE rolname = current_user), 'pg_catalog'::regnamespace, false, 'stand-in');

CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char", partkey text, colocationid integer);
CREATE TABLE pg_catalog.pg_dist_shard (logicalrelid regclass, shardid bigint PRIMARY KEY, shardminvalue text, shardmaxvalue text);
CREATE TABLE pg_catalog.pg_dist_placement (placementid bigserial, shardid bigint, shardstate integer, groupid integer);
CREATE TABLE pg_catalog.pg_dist_node (groupid integer, nodename text, nodeport integer, noderole text, isactive boolean);
INSERT INTO pg_catalog.pg_dist_node VALUES (1, :'host', :port, 'primary', true), (2, :'host' || '/.', :port, 'primary', true),
    (2, '/nowhere', :port, 'secondary', true);
CREATE SEQUENCE pg_catalog.stand_in_shards START 102008;
-- How often the placements were looked at, for the test that moves one meanwhile.
CREATE SEQUENCE pg_catalog.stand_in_looks;

CREATE FUNCTION pg_catalog.shard_name(object_name regclass, shard_id bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('pg_catalog.stand_in_looks');
    RETURN (SELECT format('%I.%I', n.nspname, c.relname || '_' || shard_id)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = object_name);
END $$;

CREATE FUNCTION pg_catalog.stand_in_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'modifying the partition value of rows is not allowed';
END $$;

CREATE FUNCTION pg_catalog.create_distributed_table(table_name regclass, distribution_column text, colocate_with text DEFAULT 'default')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    schema text;
    name text;
    shard bigint;
BEGIN
    SELECT n.nspname, c.relname INTO schema, name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = table_name;
    EXECUTE format('ALTER TABLE %s RENAME TO %I', table_name, name || '_whole');
    EXECUTE format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING ALL) PARTITION BY HASH (%I)', schema, name, schema, name || '_whole',
                   distribution_column);
    INSERT INTO pg_dist_partition VALUES (format('%I.%I', schema, name)::regclass, 'h', distribution_column, 1);
    FOR i IN 0..3 LOOP
        shard := nextval('pg_catalog.stand_in_shards');
        EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.%I FOR VALUES WITH (MODULUS 4, REMAINDER %s)', schema, name || '_' || shard,
                       schema, name, i);
        INSERT INTO pg_dist_shard VALUES (format('%I.%I', schema, name)::regclass, shard, i, i);
        INSERT INTO pg_dist_placement (shardid, shardstate, groupid) VALUES (shard, 1, 1 + i % 2);
    END LOOP;
    EXECUTE format('INSERT INTO %I.%I SELECT * FROM %I.%I', schema, name, schema, name || '_whole');
    EXECUTE format('DROP TABLE %I.%I', schema, name || '_whole');
    EXECUTE format('CREATE TRIGGER stand_in BEFORE UPDATE ON %I.%I FOR EACH ROW WHEN (OLD.%I <> NEW.%I) '
                   'EXECUTE FUNCTION stand_in_refuse()', schema, name, distribution_column, distribution_column);
END $$;

CREATE FUNCTION pg_catalog.create_reference_table(table_name regclass) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pg_dist_partition VALUES (table_name, 'n', NULL, 2)
$$;

CREATE FUNCTION pg_catalog.citus_total_relation_size(relation regclass) RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree(relation)
$$;
