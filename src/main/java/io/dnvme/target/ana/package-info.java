/**
 * Asymmetric namespace access: which controllers may serve which namespaces now (NVMe Base 2.0
 * §8.1). A portal stands for a controller node, so states are kept per portal.
 */
package io.dnvme.target.ana;
