/**
 * Events: how the parts of a target tell each other of changes, and how a controller tells its host
 * (asynchronous events and the lists that go with them).
 */
package io.dnvme.target.event;
