/** Puts the host side on real sockets. */
package io.dnvme.initiator.shell;
