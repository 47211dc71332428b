/**
 * What all processes of a cluster have in common: their configuration file, and reactors, target
 * and initiator on one transport.
 */
package io.dnvme.main.node;
