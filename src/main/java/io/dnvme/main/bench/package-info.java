/** {@code dnvme bench}: a load generator on the project's own NVMe/TCP host side. */
package io.dnvme.main.bench;
