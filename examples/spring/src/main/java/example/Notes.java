package example;

import static org.springframework.http.HttpMethod.GET;
import static org.springframework.http.HttpMethod.POST;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatus;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** An API that accepts Keywright's access tokens. */
@SpringBootApplication
@RestController
public class Notes {
    private final Map<String, List<Object>> notes = new ConcurrentHashMap<>();

    public static void main(String[] arguments) {
        SpringApplication.run(Notes.class, arguments);
    }

    @GetMapping("/notes")
    List<Object> list(@AuthenticationPrincipal Jwt token) {
        return notes.getOrDefault(token.getSubject(), List.of());
    }

    @PostMapping("/notes")
    @ResponseStatus(HttpStatus.CREATED)
    Object add(@AuthenticationPrincipal Jwt token, @RequestBody Map<String, String> note) {
        notes.computeIfAbsent(token.getSubject(), who -> new CopyOnWriteArrayList<>()).add(note);
        return note;
    }

    /** A scope is an authority whose name begins with SCOPE_. */
    @Bean
    SecurityFilterChain guard(HttpSecurity http) throws Exception {
        return http
            .authorizeHttpRequests(requests -> requests
                .requestMatchers(GET, "/notes").hasAuthority("SCOPE_notes:read")
                .requestMatchers(POST, "/notes").hasAuthority("SCOPE_notes:write")
                .anyRequest().denyAll())
            .sessionManagement(session -> session
                .sessionCreationPolicy(SessionCreationPolicy.STATELESS))
            .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
            .build();
    }

    /**
     * Checks what RFC 9068 asks for: signature, type, issuer, audience, expiry. Left to itself
     * Spring refuses every token whose type is not JWT, and so each of these.
     */
    @Bean
    JwtDecoder accessTokens(
            @Value("${spring.security.oauth2.resourceserver.jwt.issuer-uri}") String issuer,
            @Value("${spring.security.oauth2.resourceserver.jwt.audiences}") String audience) {
        NimbusJwtDecoder decoder =
            NimbusJwtDecoder.withIssuerLocation(issuer).validateType(false).build();
        decoder.setJwtValidator(JwtValidators.createAtJwtValidator()
            .issuer(issuer)
            .audience(audience)
            .validators(checks -> checks.put("client_id", ANY_CLIENT))
            .build());
        return decoder;
    }

    private static final JwtClaimValidator<String> ANY_CLIENT =
        new JwtClaimValidator<>("client_id", id -> id != null);
}
