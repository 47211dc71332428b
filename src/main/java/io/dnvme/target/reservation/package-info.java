/**
 * Reservations: which hosts may read and write a namespace that several share (NVMe Base 2.0
 * §8.19). {@link io.dnvme.target.reservation.ReservationRules} decides, without time, threads or
 * storage; {@link io.dnvme.target.reservation.Reservations} carries out what it decided.
 */
package io.dnvme.target.reservation;
