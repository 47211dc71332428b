/**
 * What a node does for the controllers of its cluster, as vendor-specific admin commands: from
 * commands to what is asked for, and back. Decides nothing itself.
 */
package io.dnvme.target.node;
