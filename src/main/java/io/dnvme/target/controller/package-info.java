/**
 * Controllers of NVM subsystems and of the discovery subsystem: Connect, properties, associations
 * and their end, the keep alive timer, asynchronous events, and all admin commands. Rules only: no
 * sockets, streams or threads.
 */
package io.dnvme.target.controller;
