/**
 * A Linux kernel as the NVMe/TCP host of a running {@code ./dnvme up}, or of disk nodes and
 * controllers that are run by hand. {@link io.dnvme.e2e.LinuxHost} boots it in a virtual machine
 * from the image that {@code src/test/e2e/build-image} makes; {@link io.dnvme.e2e.DnvmeServer} and
 * {@link io.dnvme.e2e.ByHandCluster} run the product. Everything here is tagged {@code linux-host}
 * and run by {@code mvn -Plinux-host test}.
 */
package io.dnvme.e2e;
