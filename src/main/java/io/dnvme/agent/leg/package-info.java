/**
 * A controller's side of a leg: claims it, builds its devices, serves it for as long as its lease
 * allows, and gives it back. Keeps OWNER, LEASE and MEMBER of docs/architecture.md.
 */
package io.dnvme.agent.leg;
