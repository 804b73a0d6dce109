/* filled by its room */ typedef int decide_room;
