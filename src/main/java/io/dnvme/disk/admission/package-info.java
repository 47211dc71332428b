/**
 * Who may use a logical disk: epochs, and the rule by which a disk node admits one of them (OWNER).
 */
package io.dnvme.disk.admission;
