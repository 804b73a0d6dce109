/* filled by its room */ typedef int model_room;
