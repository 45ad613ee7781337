// Command notes is an API that accepts Keywright's access tokens.
//
// Reading and adding is decided by the token alone. Deleting cannot be undone, so there the API
// asks Keywright whether the token is still alive.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	"keywright.example/microservices/bearer"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	guard, err := bearer.Discover(ctx, os.Getenv("ISSUER"), os.Getenv("AUDIENCE"), bearer.Caller{
		ClientID:     os.Getenv("API_CLIENT_ID"),
		ClientSecret: os.Getenv("API_CLIENT_SECRET"),
	})
	if err != nil {
		log.Fatal(err)
	}
	notes := &notes{bySubject: map[string][]note{}}
	mux := http.NewServeMux()
	mux.Handle("GET /notes", guard.Needs("notes:read", notes.list))
	mux.Handle("POST /notes", guard.Needs("notes:write", notes.add))
	mux.Handle("DELETE /notes", guard.Needs("notes:write", guard.Alive(notes.clear)))
	server := &http.Server{
		Addr:              "127.0.0.1:" + os.Getenv("PORT"),
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
	}
	log.Printf("notes: http://%s", server.Addr)
	log.Fatal(server.ListenAndServe())
}

type note struct {
	Text string `json:"text"`
}

type notes struct {
	mutex     sync.Mutex
	bySubject map[string][]note
}

func (n *notes) list(answer http.ResponseWriter, _ *http.Request, token *bearer.Token) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	write(answer, http.StatusOK, append([]note{}, n.bySubject[token.Subject]...))
}

func (n *notes) add(answer http.ResponseWriter, request *http.Request, token *bearer.Token) {
	var added note
	body := http.MaxBytesReader(answer, request.Body, 10_000)
	if err := json.NewDecoder(body).Decode(&added); err != nil {
		http.Error(answer, "not a note", http.StatusBadRequest)
		return
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.bySubject[token.Subject] = append(n.bySubject[token.Subject], added)
	write(answer, http.StatusCreated, added)
}

func (n *notes) clear(answer http.ResponseWriter, _ *http.Request, token *bearer.Token) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	delete(n.bySubject, token.Subject)
	answer.WriteHeader(http.StatusNoContent)
}

func write(answer http.ResponseWriter, status int, document any) {
	answer.Header().Set("Content-Type", "application/json")
	answer.WriteHeader(status)
	if err := json.NewEncoder(answer).Encode(document); err != nil {
		log.Print(err)
	}
}
