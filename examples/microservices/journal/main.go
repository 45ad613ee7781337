// Command journal is a service that calls another one in its own name: no user, no browser.
//
// GET / shows how many notes it has, POST / writes one, DELETE / removes all of them.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	config := clientcredentials.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		TokenURL:     provider.Endpoint().TokenURL,
		Scopes:       []string{"notes:read", "notes:write"},
		AuthStyle:    oauth2.AuthStyleInHeader,
	}
	// The client keeps its token and gets another one shortly before it expires.
	journal := &journal{
		client: config.Client(context.Background()),
		notes:  os.Getenv("API_URL") + "/notes",
	}
	journal.client.Timeout = 10 * time.Second
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", journal.count)
	mux.HandleFunc("POST /{$}", journal.write)
	mux.HandleFunc("DELETE /{$}", journal.clear)
	server := &http.Server{
		Addr:              "127.0.0.1:" + os.Getenv("PORT"),
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
	}
	log.Printf("journal: http://%s", server.Addr)
	log.Fatal(server.ListenAndServe())
}

type journal struct {
	client *http.Client
	notes  string
}

func (j *journal) count(answer http.ResponseWriter, request *http.Request) {
	body, err := j.call(request.Context(), http.MethodGet, nil)
	var notes []json.RawMessage
	if err == nil {
		err = json.Unmarshal(body, &notes)
	}
	tell(answer, fmt.Sprintf("%d notes", len(notes)), err)
}

func (j *journal) write(answer http.ResponseWriter, request *http.Request) {
	note := strings.NewReader(`{"text": "All is well."}`)
	_, err := j.call(request.Context(), http.MethodPost, note)
	tell(answer, "written", err)
}

func (j *journal) clear(answer http.ResponseWriter, request *http.Request) {
	_, err := j.call(request.Context(), http.MethodDelete, nil)
	tell(answer, "cleared", err)
}

// call asks the notes service. The client adds the access token.
func (j *journal) call(ctx context.Context, method string, body io.Reader) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, j.notes, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := j.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return nil, fmt.Errorf("the notes service answered %d", answer.StatusCode)
	}
	return io.ReadAll(io.LimitReader(answer.Body, 1<<20))
}

// tell answers with what was done, or with 502 and why it was not.
func tell(answer http.ResponseWriter, done string, err error) {
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		http.Error(answer, "no token: "+refused.ErrorCode, http.StatusBadGateway)
	case err != nil:
		http.Error(answer, err.Error(), http.StatusBadGateway)
	default:
		fmt.Fprintln(answer, done)
	}
}
