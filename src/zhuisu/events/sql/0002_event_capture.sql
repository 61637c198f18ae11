-- Which events came by one capture: captures and events grow in the same order, so that a few pages are read and a row costs nothing.
create index event_capture on event using brin (capture);
