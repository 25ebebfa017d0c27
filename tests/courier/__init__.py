"""The couriers' service and the courier's commands, for real over sockets."""
