/* filled by its room */ typedef int ingest_room;
