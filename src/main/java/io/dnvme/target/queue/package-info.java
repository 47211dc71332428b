/**
 * One queue pair over one TCP connection, controller side: PDUs become commands, and what commands
 * answer becomes PDUs (NVMe/TCP Transport 1.0). Knows nothing of controllers, namespaces or what a
 * command means: that is its {@link io.dnvme.target.queue.QueueRules}.
 */
package io.dnvme.target.queue;
