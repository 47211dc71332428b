/**
 * One NVMe/TCP connection as its rules see it, without sockets, streams or threads: whole PDUs come
 * in as batches, a gathered batch goes out, and a port tells when. Both sides' rules ({@code
 * target} and {@code initiator}) are written against this; {@code transport} carries it over
 * sockets, the simulator over simulated ones.
 */
package io.dnvme.nvme.connection;
