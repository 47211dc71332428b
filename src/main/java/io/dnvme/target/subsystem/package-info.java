/**
 * Subsystems and their namespaces as every controller of the process sees them: immutable snapshots
 * behind a volatile reference, read by any reactor without a lock; changes are serialised and told
 * to listeners on their own reactors.
 */
package io.dnvme.target.subsystem;
