/**
 * The deterministic simulator: production classes under virtual time, with simulated disks, network
 * and processes, driven by one seed; hosts that issue I/O, a nemesis that breaks things, and a
 * checker that says whether what the hosts saw can be. Two runs of one seed are the same, event for
 * event: no thread, no wall clock, no order of identity hashes. See docs/simulator.md.
 */
package io.dnvme.sim;
