/* filled by its room */ typedef int history_room;
