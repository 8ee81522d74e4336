"""What screens show: plain functions over a connection that return what the API's shapes take. Nothing here writes."""
