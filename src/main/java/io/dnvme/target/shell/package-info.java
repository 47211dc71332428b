/**
 * Puts the target's rules onto the transport: listeners in, graceful end out. The one package of
 * {@code target} that knows sockets exist.
 */
package io.dnvme.target.shell;
