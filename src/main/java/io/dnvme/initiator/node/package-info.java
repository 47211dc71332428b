/** A node as its callers use it: requests and replies instead of commands. */
package io.dnvme.initiator.node;
