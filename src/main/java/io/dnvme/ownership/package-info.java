/**
 * Who may serve a leg: its record, the holders that keep it, the claim by which a controller comes
 * to own it, the lease by which it stops by itself, and how record and holders change (RECORD,
 * OWNER, LEASE in docs/architecture.md; the machines in docs/ownership.md).
 *
 * <p>All of it runs on one reactor, on a clock, timers, a link and a store that come from outside;
 * nothing blocks and nothing knows a thread. Asynchronous work ends in a callback on that reactor.
 */
package io.dnvme.ownership;
