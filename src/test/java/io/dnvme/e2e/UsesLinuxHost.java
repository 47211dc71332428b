package io.dnvme.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test class whose methods take a {@link LinuxHost}: one guest serves all of them, cleaned up
 * after each test. Where the machine cannot run it the tests are skipped and say why; with {@code
 * CI=true} in the environment they fail.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("linux-host")
@ExtendWith(SharedLinuxHost.class)
@interface UsesLinuxHost {}
