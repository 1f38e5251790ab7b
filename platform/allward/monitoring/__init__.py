"""Whether the platform is well: processes, services, queues."""
