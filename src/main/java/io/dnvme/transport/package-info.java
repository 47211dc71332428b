/**
 * Reactors, and NVMe/TCP connections as Pekko Streams that run on them.
 *
 * <p>A {@link io.dnvme.transport.EpollReactor} is one thread with an epoll instance; its executor
 * is the dispatcher of every stream that is placed on it, so socket, stream and rules of a
 * connection share one thread and hand nothing over. Elements of the streams are batches, and
 * reused. Neither Pekko nor Netty shows in what the rules above see ({@code
 * io.dnvme.nvme.connection}, {@code io.dnvme.block}).
 */
package io.dnvme.transport;
