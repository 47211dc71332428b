/**
 * What every node does by itself: disk nodes export logical disks, controllers own legs. Cores on a
 * reactor, without Pekko, Netty or threads; {@code main} puts them onto sockets.
 */
package io.dnvme.agent;
