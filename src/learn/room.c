/* filled by its room */ typedef int learn_room;
