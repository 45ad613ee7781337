// Package bearer guards handlers with Keywright's access tokens (RFC 6750, RFC 9068, RFC 7662).
package bearer

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// Caller is the client that this API is when it asks Keywright about a token.
type Caller struct {
	ClientID     string
	ClientSecret string
}

// Token is what a handler learns about the access token of its request.
type Token struct {
	Subject  string
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
}

// Handler is an http.HandlerFunc that knows who calls.
type Handler func(http.ResponseWriter, *http.Request, *Token)

// Guard decides which requests pass.
type Guard struct {
	verifier      *oidc.IDTokenVerifier
	introspection string
	caller        Caller
	client        *http.Client
}

// Discover finds keys and endpoints from the issuer alone.
func Discover(ctx context.Context, issuer, audience string, caller Caller) (*Guard, error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	var metadata struct {
		Introspection string `json:"introspection_endpoint"`
	}
	if err := provider.Claims(&metadata); err != nil {
		return nil, err
	}
	// go-oidc verifies ID tokens. An access token is checked in the same way (signature, issuer,
	// audience, expiry) but for its type, which `verify` looks at. The keys are fetched with a
	// context that outlives this call.
	config := &oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{oidc.RS256}}
	return &Guard{
		verifier:      provider.VerifierContext(context.Background(), config),
		introspection: metadata.Introspection,
		caller:        caller,
		client:        &http.Client{Timeout: 10 * time.Second},
	}, nil
}

// Needs lets a request pass whose token is for this API and has the scope.
func (g *Guard) Needs(scope string, next Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		raw, ok := presented(request)
		if !ok {
			refuse(answer, http.StatusUnauthorized, "")
			return
		}
		token, err := g.verify(request.Context(), raw)
		if err != nil {
			log.Printf("refused: %v", err)
			refuse(answer, http.StatusUnauthorized, "invalid_token")
			return
		}
		if !slices.Contains(strings.Fields(token.Scope), scope) {
			refuse(answer, http.StatusForbidden, "insufficient_scope")
			return
		}
		next(answer, request, token)
	})
}

// Alive lets a request pass whose token Keywright calls active.
func (g *Guard) Alive(next Handler) Handler {
	return func(answer http.ResponseWriter, request *http.Request, token *Token) {
		raw, _ := presented(request)
		active, err := g.introspect(request.Context(), raw)
		switch {
		case err != nil:
			log.Printf("introspection: %v", err)
			http.Error(answer, "introspection failed", http.StatusBadGateway)
		case !active:
			refuse(answer, http.StatusUnauthorized, "invalid_token")
		default:
			next(answer, request, token)
		}
	}
}

func (g *Guard) verify(ctx context.Context, raw string) (*Token, error) {
	signed, err := jose.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, err
	}
	if kind := signed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType]; kind != "at+jwt" {
		return nil, fmt.Errorf("the token is of type %v", kind)
	}
	verified, err := g.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	token := &Token{Subject: verified.Subject}
	return token, verified.Claims(token)
}

func (g *Guard) introspect(ctx context.Context, raw string) (bool, error) {
	form := strings.NewReader(url.Values{"token": {raw}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.introspection, form)
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// RFC 6749 section 2.3.1: both halves are form-encoded first.
	id, secret := url.QueryEscape(g.caller.ClientID), url.QueryEscape(g.caller.ClientSecret)
	request.SetBasicAuth(id, secret)
	answer, err := g.client.Do(request)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("Keywright answered %d", answer.StatusCode)
	}
	var said struct {
		Active bool `json:"active"`
	}
	err = json.NewDecoder(answer.Body).Decode(&said)
	return said.Active, err
}

// presented is the token in the Authorization header.
func presented(request *http.Request) (string, bool) {
	scheme, token, found := strings.Cut(request.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), found && strings.EqualFold(scheme, "Bearer")
}

// refuse answers as RFC 6750 section 3 says.
func refuse(answer http.ResponseWriter, status int, code string) {
	challenge := "Bearer"
	if code != "" {
		challenge = fmt.Sprintf("Bearer error=%q", code)
	}
	answer.Header().Set("WWW-Authenticate", challenge)
	answer.WriteHeader(status)
}
