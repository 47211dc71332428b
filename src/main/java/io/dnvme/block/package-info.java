/**
 * The one interface that all storage layers share, and what they need from the outside: a thread to
 * run on, a clock, timers and memory. Depends on nothing; knows neither Pekko, Netty nor threads.
 */
package io.dnvme.block;
