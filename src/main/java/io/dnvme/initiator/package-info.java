/**
 * The NVMe/TCP host side: pure rules, without Pekko, Netty, threads or sockets. {@link
 * io.dnvme.initiator.HostConnection} speaks one connection, {@link
 * io.dnvme.initiator.HostController} keeps an association with one controller alive, {@link
 * io.dnvme.initiator.RemoteNamespace} presents a namespace behind it as a block device. Works
 * against any NVMe/TCP target; {@code initiator.shell} puts it on real sockets.
 */
package io.dnvme.initiator;
