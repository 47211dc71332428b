/**
 * The command line, configuration and wiring: the one package that sees all others. Nothing depends
 * on it.
 */
package io.dnvme.main;
