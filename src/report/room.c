/* filled by its room */ typedef int report_room;
