/** dnvme: distributed block storage that speaks NVMe/TCP on both sides. */
package io.dnvme;
